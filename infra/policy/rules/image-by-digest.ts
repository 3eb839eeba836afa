import { at, findings, listAt, type Rule } from '../rule.ts';

const digest = /@sha256:[0-9a-f]{64}$/;

/** What runs is what was looked at: a tag can be moved, a digest cannot. */
export const imageByDigest: Rule = {
  name: 'image-by-digest',
  description: 'Containers name their image by digest.',
  check({ type, props }) {
    if (type !== 'azure-native:app:ContainerApp' && type !== 'azure-native:app:Job') return [];
    const containers = ['containers', 'initContainers'].flatMap((kind) => listAt(props, 'template', kind));
    return findings(
      ...containers.map((container) => () => {
        const image = String(at(container, 'image') ?? '(none)');
        return digest.test(image) ? [] : [`image ${image} is not named by digest (name@sha256:…).`];
      }),
    );
  },
};

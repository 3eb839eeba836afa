import { at, listAt, type Rule } from '../rule.ts';

const digest = /@sha256:[0-9a-f]{64}$/;

/** What runs is what was looked at: a tag can be moved, a digest cannot. */
export const imageByDigest: Rule = {
  name: 'image-by-digest',
  description: 'Containers name their image by digest.',
  check({ type, props }) {
    if (type !== 'azure-native:app:ContainerApp' && type !== 'azure-native:app:Job') return [];
    return ['containers', 'initContainers']
      .flatMap((kind) => listAt(props, 'template', kind))
      .map((container) => String(at(container, 'image') ?? '(none)'))
      .filter((image) => !digest.test(image))
      .map((image) => `image ${image} is not named by digest (name@sha256:…).`);
  },
};

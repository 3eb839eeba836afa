import { Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast';

/** One rule that was broken, as a sentence that begins with its line. */
export type Finding = string;

interface Rule {
  readonly name: string;
  readonly look: (dockerfile: Parsed) => readonly (Instruction | undefined)[];
}

interface Parsed {
  readonly all: readonly Instruction[];
  readonly stages: readonly From[];
  /** Instructions of the last stage: the image. */
  readonly last: readonly Instruction[];
}

const is = (keyword: string) => (one: Instruction) => one.getKeyword() === keyword;
const text = (one: Instruction): string => one.getRawArgumentsContent() ?? '';
const lastOf = (list: readonly Instruction[], keyword: string) => list.findLast(is(keyword));
const execForm = (one: Instruction): boolean => /^\[.*\]$/s.test(text(one).trim());

/** The rules of "Building best practices" (docs.docker.com) and of hadolint that matter here; `undefined` in an answer stands for the whole file. */
const rules: readonly Rule[] = [
  {
    name: 'a base image is pinned by tag and digest, or is a stage',
    look: ({ all, stages }) => {
      const args = new Map(all.filter(is('ARG')).map((one) => text(one).split(/=(.*)/s, 2) as [string, string]));
      const names = stages.map((one) => one.getBuildStage());
      return stages.filter((one) => {
        const image = (one.getImage() ?? '').replace(/^\$\{(\w+)\}$/, (_, name: string) => args.get(name) ?? '');
        return (
          !names.includes(image) && image !== 'scratch' && !/^[^@]+:(?!latest)[^@]+@sha256:[0-9a-f]{64}$/.test(image)
        );
      });
    },
  },
  { name: 'nothing is fetched or unpacked by ADD', look: ({ all }) => all.filter(is('ADD')) },
  {
    name: 'a script from the network is never run',
    look: ({ all }) =>
      all.filter((one) => is('RUN')(one) && /\b(curl|wget)\b[^&;]*\|\s*(sudo\s+)?\w*sh\b/.test(text(one))),
  },
  {
    name: 'apt installs pinned versions and leaves no lists',
    look: ({ all }) =>
      all.filter(
        (one) =>
          is('RUN')(one) &&
          /apt(-get)?\s+.*\binstall\b/s.test(text(one)) &&
          (!text(one).includes('rm -rf /var/lib/apt/lists') || !/install\b[^&;]*=\S/s.test(text(one))),
      ),
  },
  {
    name: 'packages come from the lock file, without those for development, and run no scripts',
    look: ({ all }) =>
      all.filter((one) => {
        if (!is('RUN')(one) || !/\bnpm\b/.test(text(one)) || /\/npm\b/.test(text(one))) return false;
        return !/"ci"/.test(text(one)) || !/--omit=dev/.test(text(one)) || !/--ignore-scripts/.test(text(one));
      }),
  },
  {
    name: 'the user is given by number and is not root',
    look: ({ last }) => {
      const user = lastOf(last, 'USER');
      return user !== undefined && /^[1-9]\d*(:[1-9]\d*)?$/.test(text(user).trim()) ? [] : [user];
    },
  },
  {
    name: 'a working folder is absolute',
    look: ({ all }) => all.filter((one) => is('WORKDIR')(one) && !text(one).startsWith('/')),
  },
  {
    name: 'no secret is in ENV or ARG',
    look: ({ all }) =>
      all.filter(
        (one) =>
          (is('ENV')(one) || is('ARG')(one)) &&
          /(PASSWORD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CONNECTION_?STRING)/i.test(text(one)),
      ),
  },
  {
    name: 'what is copied has an owner',
    look: ({ all, stages }) =>
      all.filter(
        (one) =>
          one instanceof Copy &&
          !one.getFlags().some((flag) => flag.getName() === 'chown') &&
          // Nobody is user in an image without anything.
          !stages.some((stage) => stage.getImage() === 'scratch' && isIn(one, stage, stages)),
      ),
  },
  {
    name: 'health is asked after, by a program without a shell',
    look: ({ last }) => {
      const check = lastOf(last, 'HEALTHCHECK');
      return check !== undefined && /CMD\s+\[/.test(text(check)) ? [] : [check];
    },
  },
  {
    name: 'SIGTERM ends it',
    look: ({ last }) => {
      const signal = lastOf(last, 'STOPSIGNAL');
      return signal !== undefined && text(signal) === 'SIGTERM' ? [] : [signal];
    },
  },
  {
    name: 'it starts without a shell, which would not pass signals on',
    look: ({ last }) => {
      const entry = lastOf(last, 'ENTRYPOINT');
      return [
        ...(entry === undefined ? [entry] : []),
        ...last.filter((one) => /^(ENTRYPOINT|CMD)$/.test(one.getKeyword()) && !execForm(one)),
      ];
    },
  },
  {
    name: 'it says what it is',
    look: ({ last }) => {
      const labels = last.filter(is('LABEL')).map(text).join('\n');
      const missing = ['title', 'description', 'licenses', 'version', 'revision', 'created'].some(
        (name) => !labels.includes(`org.opencontainers.image.${name}=`),
      );
      return missing ? [undefined] : [];
    },
  },
];

function isIn(one: Instruction, stage: Instruction, stages: readonly Instruction[]): boolean {
  const line = one.getRange().start.line;
  const next = stages.find((other) => other.getRange().start.line > stage.getRange().start.line);
  return line > stage.getRange().start.line && (next === undefined || line < next.getRange().start.line);
}

/** Everything that is wrong with a Dockerfile. */
export function lintDockerfile(content: string): readonly Finding[] {
  const dockerfile = DockerfileParser.parse(content);
  const all = dockerfile.getInstructions();
  const stages = dockerfile.getFROMs();
  const from = stages.at(-1)?.getRange().start.line ?? 0;
  const parsed = { all, stages, last: all.filter((one) => one.getRange().start.line >= from) };
  return rules.flatMap(({ name, look }) =>
    look(parsed).map((one) => `${one === undefined ? '' : `line ${one.getRange().start.line + 1}: `}${name}`),
  );
}

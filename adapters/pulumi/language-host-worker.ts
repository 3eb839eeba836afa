import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import grpc from '@grpc/grpc-js';
import service from '@pulumi/pulumi/proto/language_grpc_pb.js';
import messages from '@pulumi/pulumi/proto/language_pb.js';
import plugin from '@pulumi/pulumi/proto/plugin_pb.js';

// The language host for Node (pulumi/proto/pulumi/language.proto), for engines that came without theirs: it runs programs and policy packs with the
// runners of @pulumi/pulumi. The engine starts it with its own address as the last argument and reads the port from the first line.

const engine = process.argv.at(-1) ?? '';
const startedBy = process.ppid;
const children = new Set<ChildProcess>();
/** Code by which a program says that it has told its user already (cmd/run/index.js of @pulumi/pulumi). */
const alreadyTold = 32;

type Handler<Request> = (request: Request) => object | Promise<object>;

/** The module that runs a program, as the program itself would find it. */
function runner(folder: string, name: 'run' | 'run-plugin'): string {
  for (const from of [join(folder, 'x.js'), import.meta.filename]) {
    try {
      return createRequire(from).resolve(`@pulumi/pulumi/cmd/${name}/index.js`);
    } catch {
      // Not there; the one that came with this host then.
    }
  }
  throw new Error(`@pulumi/pulumi is not installed for ${folder}`);
}

function start(args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): ChildProcess {
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

const run: Handler<messages.RunRequest> = async (request) => {
  const info = request.getInfo();
  const pwd = request.getPwd();
  const config = Object.fromEntries(request.getConfigMap().toArray());
  const args = [
    runner(info?.getRootDirectory() ?? pwd, 'run'),
    ...['--monitor', request.getMonitorAddress(), '--engine', engine],
    ...['--organization', request.getOrganization(), '--project', request.getProject(), '--stack', request.getStack()],
    ...['--root-directory', info?.getRootDirectory() ?? pwd, '--pwd', pwd],
    ...(request.getDryrun() ? ['--dry-run'] : []),
    ...['--parallel', `${request.getParallel()}`],
    info?.getEntryPoint() || request.getProgram() || '.',
    ...request.getArgsList(),
  ];
  const child = start(args, {
    cwd: pwd,
    env: {
      ...process.env,
      PULUMI_CONFIG: JSON.stringify(config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      // Node strips the types by itself.
      PULUMI_NODEJS_TYPESCRIPT: 'false',
    },
  });
  child.stdout?.pipe(process.stdout);
  child.stderr?.pipe(process.stderr);
  const code = await ended(child);
  const response = new messages.RunResponse();
  if (code === alreadyTold) response.setBail(true);
  else if (code !== 0) response.setError(`the program exited with code ${code}`);
  return response;
};

const runPlugin = (call: grpc.ServerWritableStream<messages.RunPluginRequest, object>): void => {
  const request = call.request;
  const folder = request.getInfo()?.getProgramDirectory() || request.getProgram() || request.getPwd();
  const env = Object.fromEntries(
    request.getEnvList().map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  // A pack reads its own package.json from where it runs.
  const analyzer = request.getKind() === 'analyzer';
  const args = analyzer
    ? [join(import.meta.dirname, 'policy-pack-worker.ts'), ...request.getArgsList(), folder]
    : [runner(folder, 'run-plugin'), folder, ...request.getArgsList()];
  const child = start(args, { cwd: analyzer ? folder : request.getPwd(), env: { ...process.env, ...env } });
  const say = (fill: (response: messages.RunPluginResponse) => void) => {
    if (call.cancelled || call.writableEnded) return;
    const response = new messages.RunPluginResponse();
    fill(response);
    call.write(response);
  };
  child.stdout?.on('data', (bytes: Buffer) => say((response) => response.setStdout(new Uint8Array(bytes))));
  child.stderr?.on('data', (bytes: Buffer) => say((response) => response.setStderr(new Uint8Array(bytes))));
  // The engine ends a plugin by ending the call.
  call.on('cancelled', () => void child.kill('SIGTERM'));
  void ended(child).then((code) => {
    say((response) => response.setExitcode(code));
    call.end();
  });
};

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', (code) => resolve(code ?? 1));
  });
}

function unary<Request>(handle: Handler<Request>): grpc.UntypedHandleCall {
  const handler: grpc.handleUnaryCall<unknown, unknown> = (call, callback) => {
    void (async () => handle(call.request as Request))().then(
      (answer) => callback(null, answer),
      (error: unknown) => callback({ code: grpc.status.INTERNAL, details: String(error) }),
    );
  };
  return handler;
}

function stop(): void {
  for (const child of children) child.kill('SIGKILL');
  process.exit(0);
}

const server = new grpc.Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
server.addService(service.LanguageRuntimeService as unknown as grpc.ServiceDefinition, {
  handshake: unary(() => new messages.LanguageHandshakeResponse()),
  getPluginInfo: unary(() => {
    const response = new plugin.PluginInfo();
    response.setVersion('3.259.0');
    return response;
  }),
  // Which plugins are needed the engine learns from what the program registers.
  getRequiredPackages: unary(() => new messages.GetRequiredPackagesResponse()),
  getRequiredPlugins: unary(() => new messages.GetRequiredPluginsResponse()),
  getProgramDependencies: unary(() => new messages.GetProgramDependenciesResponse()),
  about: unary(() => new messages.AboutResponse()),
  run: unary(run),
  runPlugin: runPlugin as grpc.UntypedHandleCall,
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`${port}\n`);
});
process.once('SIGTERM', stop);
// The engine's way to end a host, in a process group of its own, where no Ctrl-C of a terminal comes: five seconds later it would be killed.
process.once('SIGINT', stop);
// An engine that was killed ends nothing: without this every kill would leave a host and its program behind.
setInterval(() => {
  if (process.ppid !== startedBy) stop();
}, 500).unref();

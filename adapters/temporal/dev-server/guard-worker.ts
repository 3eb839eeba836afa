// Runs a server that must not outlive the process that wanted it. That process holds the other end of stdin: when it is gone, however it ended, the pipe
// closes and the server is stopped. Arguments: milliseconds between SIGTERM and SIGKILL, the program, its arguments.
// It tells the server's process id on stdout, as one line of JSON; what the server says comes out of stderr.
import { spawn } from 'node:child_process';

const [graceMs, program, ...args] = process.argv.slice(2);
if (program === undefined) process.exit(64);

const server = spawn(program, args, { stdio: ['ignore', 2, 2] });
let stopping = false;

function stop(): void {
  if (stopping) return;
  stopping = true;
  server.kill('SIGTERM');
  setTimeout(() => server.kill('SIGKILL'), Number(graceMs)).unref();
}

// Nobody may listen any more; that is what this process is for.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
if (server.pid !== undefined) process.stdout.write(`${JSON.stringify({ pid: server.pid })}\n`);
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`, () => process.exit(127));
});
server.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
process.stdin.on('end', stop).on('error', stop).on('close', stop).resume();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);

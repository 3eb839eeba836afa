// The doors of compose.yaml: this process owns the network that all of Tocsin's containers share. What Tocsin and the simulators serve on 127.0.0.1 there
// can be reached from this machine through a door, and what other containers serve appears on 127.0.0.1, the only place to which Tocsin speaks plain text.
// Arguments: doors, as `listen-host:port=target-host:port`. With --check first: exit code 0 when every door is open.
import { connect } from 'node:net';
import { openDoors, parseDoor } from './doors.ts';

const args = process.argv.slice(2);
const doors = args.filter((argument) => argument !== '--check').map(parseDoor);
if (args.includes('--check')) {
  for (const { listen } of doors) {
    const socket = connect({ port: listen.port, host: listen.host === '0.0.0.0' ? '127.0.0.1' : listen.host });
    socket.once('error', () => process.exit(1));
    socket.once('connect', () => socket.destroy());
  }
} else {
  const opened = await openDoors(doors);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void opened.close());
}

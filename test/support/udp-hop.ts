/** A process of its own, for another network namespace: `udp-hop.ts <own address> <port> <to address> <to port>`. */
import { startUdpRelay } from './udp-relay.ts';

const [address, port, toAddress, toPort] = process.argv.slice(2);
await startUdpRelay({ address, port: Number(port) }, { address: toAddress, port: Number(toPort) });
process.stdout.write('ready\n');

/**
 * A mapper that knows nothing: it says yes to everybody, with the attributes of an ordinary login. What FreeRADIUS and HTTP
 * cost without one. A process of its own: port as argument, `ready` on stdout.
 */
import { createServer } from 'node:http';

const port = Number(process.argv[2]);
const plain = (value: string | number) => ({ do_xlat: false, value: [value] });
const [before, after] = JSON.stringify({
  'control:Tmp-String-0': plain('lock-ok REQ'),
  'reply:Class': plain('0x33663666653262632d303830332d346136632d396264632d323736303866366434373031'),
  'reply:Acct-Interim-Interval': plain(300),
}).split('REQ');

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { req } = JSON.parse(Buffer.concat(chunks).toString('latin1')) as { readonly req: string };
    const body = `${before}${req}${after}`;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
}).listen(port, '127.0.0.1', () => process.stdout.write('ready\n')).keepAliveTimeout = 120_000;

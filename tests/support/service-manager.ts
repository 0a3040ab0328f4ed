/** The receiving end of sd_notify(3), in Perl: neither Node nor Bun can receive on such a socket. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess } from './run-process.ts';

export interface ServiceManagerDouble extends AsyncDisposable {
  /** For `NOTIFY_SOCKET`. */
  readonly socket: string;
  /** Resolves when this line has been told. */
  told(line: string): Promise<void>;
}

/** @param directory - private, for its socket */
export async function serviceManagerDouble(directory: string): Promise<ServiceManagerDouble> {
  const socket = join(directory, 'notify');
  const script = join(directory, 'notify.pl');
  await writeFile(
    script,
    `use IO::Socket::UNIX; use Socket; $| = 1;
     my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die;
     print "listening\\n";
     while (defined $socket->recv(my $text, 4096)) { print "$text\\n"; }`,
  );
  const { child, finished } = startProcess('perl', [script, socket]);
  let text = '';
  let heard = Promise.withResolvers<void>();
  child.stdout?.on('data', (chunk: string) => {
    text += chunk;
    heard.resolve();
    heard = Promise.withResolvers();
  });
  const told = async (line: string) => {
    while (!text.split('\n').includes(line)) await heard.promise;
  };
  await told('listening');
  return {
    socket,
    told,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await finished;
    },
  };
}

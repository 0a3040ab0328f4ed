/**
 * A real strongSwan between two network namespaces: a gateway that calls a hook, and a road warrior. ESP runs in the daemon
 * itself (kernel-libipsec, on a tunnel device `ipsec0`), so it needs a kernel with TUN only, not one with IPsec.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEmptyLab, type Lab } from '../support/network-lab.ts';
import { type Running, runProcess, startProcess } from '../support/run-process.ts';

export interface StrongswanLab extends AsyncDisposable {
  /** The namespace of the gateway. */
  readonly gateway: Lab;
  /** Connects as this user, who gets an address of each family. */
  connect(user: string): Promise<void>;
  /** Ends the connection as a client does. */
  disconnect(user: string): Promise<void>;
  /** Kills the gateway's daemon and starts it again: nobody is told, and its numbers begin anew. */
  crash(): Promise<void>;
}

const plugins =
  'random nonce aes sha1 sha2 hmac kdf gmp pubkey pem kernel-libipsec kernel-netlink socket-default vici updown';

export async function strongswanLab(options: {
  readonly directory: string;
  /** The line that the gateway calls as updown. */
  readonly hook: string;
}): Promise<StrongswanLab> {
  const { directory, hook } = options;
  await using cleanup = new AsyncDisposableStack();
  const gateway = cleanup.use(createEmptyLab());
  const client = cleanup.use(createEmptyLab());
  gateway.run('ip', 'link', 'add', 'u0', 'type', 'veth', 'peer', 'name', 'u1', 'netns', client.netns);
  for (const [lab, device, address] of [
    [gateway, 'u0', '10.98.0.1/24'],
    [client, 'u1', '10.98.0.2/24'],
  ] as const) {
    lab.run('ip', 'address', 'add', address, 'dev', device);
    lab.run('ip', 'link', 'set', device, 'up');
    lab.run('ip', 'link', 'set', 'lo', 'up');
  }
  let gatewayDaemon = await startDaemon(gateway, join(directory, 'gateway'), gatewayConnection(hook));
  cleanup.defer(() => gatewayDaemon.end('SIGTERM'));
  let clientDaemon: Daemon | undefined;
  cleanup.defer(async () => clientDaemon?.end('SIGKILL'));
  const opened = cleanup.move();
  return {
    gateway,
    connect: async (user) => {
      await clientDaemon?.end('SIGKILL');
      clientDaemon = await startDaemon(client, join(directory, 'client'), clientConnection(user));
      await clientDaemon.control('--initiate', '--child', 'net');
    },
    disconnect: async () => {
      await clientDaemon?.control('--terminate', '--ike', 'rw');
    },
    crash: async () => {
      await gatewayDaemon.end('SIGKILL');
      gatewayDaemon = await startDaemon(gateway, join(directory, 'gateway'), gatewayConnection(hook));
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

interface Daemon {
  control(...args: readonly string[]): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
}

/** The pid file of the daemon has one place, so each has a /run of its own. */
async function startDaemon(lab: Lab, place: string, connection: string): Promise<Daemon> {
  mkdirSync(place, { recursive: true });
  const socket = `unix://${place}/vici`;
  const config = join(place, 'strongswan.conf');
  writeFileSync(
    config,
    `charon {\n load = ${plugins}\n plugins {\n vici {\n socket = ${socket}\n }\n }\n}
     swanctl {\n load = pem pubkey random\n }\n`,
  );
  writeFileSync(join(place, 'swanctl.conf'), connection);
  const env = { STRONGSWAN_CONF: config, SWANCTL_DIR: place };
  const script = 'mount -t tmpfs none /run && exec /usr/lib/ipsec/charon';
  const words = [`--net=/run/netns/${lab.netns}`, 'unshare', '-m', '/bin/sh', '-c', script];
  const running: Running = startProcess('nsenter', words, { env, guardMs: 55_000 });
  const control = async (...args: readonly string[]) => {
    const run = await runProcess('swanctl', [...args, '--uri', socket], { env, guardMs: 20_000 });
    if (run.status !== 0) throw new Error(`swanctl ${args.join(' ')}: ${run.stdout}${run.stderr}`);
  };
  await isListening(running, join(place, 'vici'));
  await control('--load-all', '--file', join(place, 'swanctl.conf'));
  return {
    control,
    end: async (signal) => {
      running.child.kill(signal);
      await running.finished;
    },
  };
}

/** Waits for a socket that answers: one that a killed daemon has left does not. */
async function isListening(running: Running, path: string): Promise<void> {
  for (;;) {
    const run = await runProcess('swanctl', ['--stats', '--uri', `unix://${path}`], { guardMs: 5_000 });
    if (existsSync(path) && run.status === 0) return;
    if (running.child.exitCode !== null) throw new Error(`charon ended: ${(await running.finished).stderr}`);
  }
}

const proposals = 'proposals = aes128-sha256-modp2048';

function gatewayConnection(hook: string): string {
  return `
connections {
  rw {
    version = 2
    local_addrs = 10.98.0.1
    pools = p4, p6
    ${proposals}
    local {
      auth = psk
      id = gw
    }
    remote {
      auth = psk
    }
    children {
      net {
        local_ts = 0.0.0.0/0, ::/0
        esp_proposals = aes128-sha256
        updown = ${hook}
      }
    }
  }
}
pools {
  p4 {
    addrs = 10.65.0.0/24
  }
  p6 {
    addrs = fd65::/120
  }
}
${secret}`;
}

function clientConnection(user: string): string {
  return `
connections {
  rw {
    version = 2
    remote_addrs = 10.98.0.1
    vips = 0.0.0.0, ::
    ${proposals}
    local {
      auth = psk
      id = ${user}
    }
    remote {
      auth = psk
      id = gw
    }
    children {
      net {
        remote_ts = 0.0.0.0/0, ::/0
        esp_proposals = aes128-sha256
      }
    }
  }
}
${secret}`;
}

const secret = `
secrets {
  ike-1 {
    secret = "not a secret"
  }
}
`;

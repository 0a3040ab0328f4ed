/**
 * A load of logins that remembers every answer: users one after the other, each on several devices at once, spread over the
 * servers. It goes on until it is told that it is enough, with new users all the time.
 */
import { openPatientNas } from './patient-nas.ts';
import type { RadiusServerPlace } from './radius-client.ts';
import { encodeRadius, type RadiusAnswer } from './radius-packet-codec.ts';

export interface LoginLoadOptions {
  readonly servers: readonly RadiusServerPlace[];
  readonly password: string;
  /** Users at once; with the devices at most 256. */
  readonly width: number;
  readonly devices: number;
  /** Number of users there are; the load is over when all have tried. */
  readonly users: number;
}

export interface LoggedIn {
  /** Name, of `user0`, `user1`, … */
  readonly user: number;
  readonly device: number;
  readonly answer: RadiusAnswer | undefined;
  /** On the clock of `performance.now`. */
  readonly askedMs: number;
  readonly answeredMs: number;
}

export interface LoginLoad {
  /** Every login so far. */
  readonly logins: readonly LoggedIn[];
  /** No further users; resolves when those under way have their answers. */
  end(): Promise<void>;
}

export function startLoginLoad(options: LoginLoadOptions): LoginLoad {
  const { width, users } = options;
  const logins: LoggedIn[] = [];
  let next = 0;
  let isOver = false;
  const nas = openPatientNas();
  const lane = async (place: number) => {
    while (!isOver && next < users) {
      const user = next;
      next += 1;
      logins.push(...(await loginEverywhere(options, await nas, { user, place })));
    }
  };
  const ended = Promise.all(Array.from({ length: width }, (_value, place) => lane(place)));
  return {
    logins,
    end: async () => {
      isOver = true;
      await ended;
      await (await nas)[Symbol.asyncDispose]();
    },
  };
}

async function loginEverywhere(
  { servers, password, devices }: LoginLoadOptions,
  nas: Awaited<ReturnType<typeof openPatientNas>>,
  { user, place }: { readonly user: number; readonly place: number },
): Promise<readonly LoggedIn[]> {
  const onDevice = async (_value: unknown, device: number): Promise<LoggedIn> => {
    const { authPort, secret } = servers[device % servers.length] as RadiusServerPlace;
    const packet = encodeRadius({
      kind: 'access',
      secret,
      identifier: place * devices + device,
      password,
      attributes: [
        ['User-Name', `user${user}`],
        ['NAS-IP-Address', '127.0.0.1'],
        ['NAS-Port', device],
        ['Calling-Station-Id', `198.51.100.${device}`],
        ['Acct-Session-Id', `${user}-${device}`],
      ],
    });
    const askedMs = performance.now();
    const answer = await nas.ask(packet, authPort, secret);
    return { user, device, answer, askedMs, answeredMs: performance.now() };
  };
  return Promise.all(Array.from({ length: devices }, onDevice));
}

/** Token of the session, as the accept carries it. */
export function holderOf({ answer }: LoggedIn): string {
  return Buffer.from(String(answer?.values.Class?.[0] ?? ''), 'hex').toString();
}

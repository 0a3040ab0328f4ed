/** Many devices that want the session of one user at the same instant. */
import { openPatientNas } from './patient-nas.ts';
import type { RadiusServerPlace } from './radius-client.ts';
import {
  type Attributes,
  encodeRadius,
  type RadiusAnswer,
  type RadiusRequest,
  statusTypes,
} from './radius-packet-codec.ts';

export interface LoginStorm {
  /** The devices are spread over them. */
  readonly servers: readonly RadiusServerPlace[];
  readonly user: string;
  readonly password: string;
  /** At most 256: each has an identifier of its own. */
  readonly devices: number;
  /** Tells the requests of one storm from those of another. */
  readonly round: number;
  /** Whether each accept is followed by its Accounting-Start at once, as the best of NASes would do it. */
  readonly isStarted?: boolean;
}

export interface StormAnswers {
  readonly accepts: readonly RadiusAnswer[];
  readonly rejects: readonly RadiusAnswer[];
  /** Devices that got no answer at all. */
  readonly unanswered: number;
}

export async function loginStorm(storm: LoginStorm): Promise<StormAnswers> {
  const { servers, password, devices, isStarted = false } = storm;
  await using nas = await openPatientNas();
  const requests = Array.from({ length: devices }, (_value, device) => ({
    device,
    server: servers[device % servers.length] as RadiusServerPlace,
  }));
  const packets = requests.map(({ device, server: { secret } }) =>
    encodeRadius({
      kind: 'access',
      secret,
      identifier: device,
      password,
      attributes: describe(storm, device),
    }),
  );
  const login = async (packet: Buffer): Promise<RadiusAnswer | undefined> => {
    const { device, server } = requests[packet[1] ?? 0] as (typeof requests)[number];
    const answer = await nas.ask(packet, server.authPort, server.secret);
    if (answer?.kind !== 'accept' || !isStarted) return answer;
    const start = startOf(storm, device, answer);
    await nas.ask(encodeRadius({ ...start, secret: server.secret }), server.acctPort, server.secret);
    return answer;
  };
  const answers = await Promise.all(packets.map(login));
  const heard = answers.filter((answer) => answer !== undefined);
  return {
    accepts: heard.filter(({ kind }) => kind === 'accept'),
    rejects: heard.filter(({ kind }) => kind === 'reject'),
    unanswered: devices - heard.length,
  };
}

function describe({ user, round }: LoginStorm, device: number): Attributes {
  return [
    ['User-Name', user],
    ['NAS-IP-Address', '127.0.0.1'],
    ['NAS-Port', device],
    ['Calling-Station-Id', `198.51.100.${device}`],
    ['Acct-Session-Id', `${round}-${device}`],
  ];
}

function startOf(storm: LoginStorm, device: number, { values }: RadiusAnswer): Omit<RadiusRequest, 'secret'> {
  const [holder] = values.Class ?? [];
  const attributes: Attributes = [
    ['Acct-Status-Type', statusTypes.Start],
    ...describe(storm, device),
    ['Framed-IP-Address', `10.77.0.${device}`],
    ...(holder === undefined ? [] : ([['Class', Buffer.from(String(holder), 'hex')]] as const)),
  ];
  return { kind: 'accounting', identifier: device, attributes };
}

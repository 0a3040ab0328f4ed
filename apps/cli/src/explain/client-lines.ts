/** An answer about a client in lines for a person: who, what truth wants, what is live, who stands between; the sentence last. */
import type { ClientAnswer, Effect, Found, Wanted } from '@holdfast/gateway-policy/explain';
import { lengthOf } from '@holdfast/host/cli';
import { describeParty } from '../lock/describe-party.ts';
import { slotsText } from '../slots-text.ts';

/** @param at - milliseconds since the Unix epoch */
export function clientLines(found: ClientAnswer, at: number): readonly string[] {
  const told: readonly (readonly [title: string, text: string | undefined])[] = [
    ['connection', connectionText(found)],
    ['customer', customerText(found)],
    ['session', sessionText(found)],
    ...found.ended.map(({ reason, releasedAt, gateway, framedIp }) => {
      const where = [framedIp, gateway === null ? null : `at ${gateway}`].filter(Boolean).join(' ');
      return ['ended', `${releasedAt} ${reason}${where === '' ? '' : `, ${where}`}`] as const;
    }),
    ['desired', found.desired === null ? undefined : desiredText(found.desired)],
    ['live', found.actual === null ? undefined : actualText(found.actual)],
    ...found.drift.map(({ layer, object, expected, actual }) => {
      return [
        'differs',
        `${layer} ${object}: wanted ${expected ?? 'nothing'}, found ${actual ?? 'nothing'}`,
      ] as const;
    }),
    ['NAS', nasText(found)],
    ...found.triggers.map(({ id, reason, gateway, at: recordedAt, isCovered }) => {
      const state = isCovered ? 'covered' : 'NOT covered yet';
      return ['trigger', `${id} ${reason} for ${gateway}, ${ago(recordedAt, at)}, ${state}`] as const;
    }),
    ['gateway', gatewayText(found, at)],
    ['capacity', found.capacity === null ? undefined : slotsText(found.capacity)],
    ...found.runs.map(({ endedAt, outcome, reason, tookMs, error }) => {
      const failure = error === null ? '' : `: ${error.message} [${error.code}]`;
      return ['run', `${ago(endedAt, at)} ${reason}: ${outcome} in ${lengthOf(tookMs)}${failure}`] as const;
    }),
    ['lock', found.gateway === null ? undefined : lockText(found)],
    ...found.warnings.map((warning) => ['warning', warning] as const),
  ];
  const lines = told.flatMap(([title, text]) => (text === undefined ? [] : [`${title.padEnd(11)}${text}`]));
  return [...lines, '', found.because];
}

function connectionText({ connection, foundBy }: ClientAnswer): string {
  const { id, userName, label, status, restrictedReason, isRestricted, downKbit, upKbit } = connection;
  const names = [
    userName === null ? undefined : `user ${userName}`,
    label === null ? undefined : `"${label}"`,
  ];
  const restriction = `${restrictedReason ?? 'no restriction'}${isRestricted ? ', restricted' : ', not restricted'}`;
  const rates = `down ${rateText(downKbit)}, up ${rateText(upKbit)}`;
  const until =
    status === 'PREPROVISIONED'
      ? `; grace until ${connection.graceUntil}, claim until ${connection.claimDeadline}`
      : '';
  const named = names.filter((name) => name !== undefined).join(' ');
  const earlier = foundBy === 'earlier-address' ? '; had this address before' : '';
  return `${[id, named].filter((part) => part !== '').join(' ')}: ${status}, ${restriction}; ${rates}${until}${earlier}`;
}

function rateText(kbit: number | null): string {
  return kbit === null ? 'no limit' : `${kbit} kbit/s`;
}

function customerText({ customer }: ClientAnswer): string {
  return customer === null ? 'none' : `${customer.id} ${customer.email}: ${customer.status}`;
}

function sessionText({ session }: ClientAnswer): string {
  if (session === null) return 'none, and there never was one';
  const { standing, framedIp, framedIpv6, gateway, nasIp, ifname, acctSessionId, shapingSlot } = session;
  if (standing === 'released') return `released (${session.releaseReason ?? 'no reason'})`;
  const facts = [
    [framedIp, framedIpv6].filter((address) => address !== null).join(' and ') || 'no address yet',
    gateway === null ? 'no gateway' : `at gateway ${gateway}`,
    nasIp === null ? undefined : `NAS ${nasIp}`,
    ifname === null ? undefined : `device ${ifname}`,
    acctSessionId === null ? undefined : `id ${acctSessionId}`,
    shapingSlot === null ? undefined : `slot ${shapingSlot}`,
  ].filter((fact) => fact !== undefined);
  return `${standing}, ${facts.join(', ')}; held since ${session.acquiredAt} until ${session.expiresAt}`;
}

function desiredText({ effect, objects, problems, otherProblems }: Wanted): string {
  if (problems.length + otherProblems > 0) {
    const own = problems.map(({ column, value, problem }) => `${column} ${JSON.stringify(value)} ${problem}`);
    const others = otherProblems === 0 ? [] : [`${otherProblems} problem(s) in other rows`];
    return `truth is invalid: ${[...own, ...others].join('; ')}`;
  }
  return effect === null ? 'nothing' : `${effectText(effect)}${objectsText(objects)}`;
}

function actualText(found: Found): string {
  if (found.kind === 'unread') return `not looked at: ${found.because}`;
  const where = found.dataplane === 'recorded' ? 'recorded: ' : '';
  return `${where}${effectText(found.effect)}${objectsText(found.objects)}`;
}

function effectText({ forwards, down, up }: Effect): string {
  const passes = { all: 'forwarded', some: 'forwarded on some addresses', none: 'not forwarded' }[forwards];
  return `${passes}, down ${down ?? 'no limit'}, up ${up ?? 'no limit'}`;
}

function objectsText(objects: Wanted['objects']): string {
  if (objects.length === 0) return '';
  return ` (${objects.map(({ object, value }) => `${object} ${value}`).join(', ')})`;
}

function nasText({ nas, session }: ClientAnswer): string | undefined {
  if (nas === null || session === null || session.standing === 'released') return undefined;
  if (nas.nasIp === null) return undefined;
  const words = {
    current: 'acknowledged what truth says',
    other: 'acknowledged something else last',
    disconnect: 'acknowledged that it ends the session',
    nothing: 'has acknowledged nothing',
  };
  const told = nas.untold === undefined ? nas.attributes.join(', ') : `not told anything: ${nas.untold}`;
  return `${nas.nasIp} ${words[nas.acknowledged]}; ${told}`;
}

function gatewayText({ gateway }: ClientAnswer, at: number): string | undefined {
  if (gateway === null) return undefined;
  const { name, layout, device, covered, newestTrigger, waiting, lastOutcome, lastRunAt } = gateway;
  const run = lastRunAt === null ? 'no run yet' : `last run ${ago(lastRunAt, at)}: ${lastOutcome}`;
  const shaped = layout === 'shared-device' ? `${layout} ${device}` : layout;
  return `${name}, ${shaped}: triggers up to ${covered} of ${newestTrigger} are live, ${waiting} waiting; ${run}`;
}

function lockText({ policyLock: { holder, waiters } }: ClientAnswer): string {
  const held =
    holder === null ? 'nobody is seen to hold the policy lock' : `held by ${describeParty(holder)}`;
  return `${held}${waiters.length === 0 ? '' : `, ${waiters.length} waiting`}`;
}

function ago(time: string, at: number): string {
  return `${lengthOf(Math.max(0, at - Date.parse(time)))} ago`;
}

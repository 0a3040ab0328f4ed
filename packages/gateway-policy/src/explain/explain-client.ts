/**
 * Answers why a client has, or has not, traffic at its rate: what truth says of it, what a run would make of that, what is
 * live, and who stands between. Reads only; what is live is read once per gateway, however many clients are meant.
 */
import { type Clock, HoldfastError, isHoldfastError, systemClock } from '@holdfast/base';
import {
  type ClientStories,
  type ClientStory,
  type GatewaySnapshot,
  type GatewayStanding,
  gatewayOfStory,
  readClientStories,
  type StorySession,
  type Truth,
} from '@holdfast/truth-db';
import { type CapacityForecast, capacityForecast } from '../capacity-forecast.ts';
import { desiredState } from '../desired-state.ts';
import { askedClient } from './asked-client.ts';
import type { AnsweredSession, ClientAnswer } from './client-answer.ts';
import { clientSentence, type SentenceFacts } from './client-sentence.ts';
import { type Compared, compareSession } from './compare-session.ts';
import { type GatewaySide, readGatewaySide, type SidePlace } from './gateway-side.ts';
import { isHere, type KernelLook, type LookingPlace, lookAtKernel } from './kernel-look.ts';
import { readNasSide } from './nas-side.ts';

export interface ExplainOptions {
  readonly truth: Truth;
  readonly place: LookingPlace & SidePlace;
  readonly clock?: Clock;
}

/**
 * @param word - an address, a connection id or a user name
 * @returns one answer for each connection that is meant
 * @throws HoldfastError CLIENT_UNKNOWN - truth has nobody of that name
 * @throws HoldfastError as `Truth.snapshot`
 */
export async function explainClient(word: string, options: ExplainOptions): Promise<readonly ClientAnswer[]> {
  const { truth, place, clock = systemClock } = options;
  const asked = askedClient(word);
  const at = clock.wallMs();
  const stories = await readClientStories(truth, asked, at);
  if (stories.found.length === 0) throw unknownClient(word);
  const sidesOf = sidesReader(place, stories);
  const answers: ClientAnswer[] = [];
  for (const { by, story } of stories.found) {
    const session = answeredSession(story.session, at);
    const known = { by, story, session };
    const gateway = stories.gateways.get(gatewayOfStory(story) ?? '');
    if (gateway === undefined) {
      answers.push(completed(known, undefined, at));
      continue;
    }
    const sides = await sidesOf(gateway);
    const live = compareSession({ stories, story, gateway, asked, session }, sides.kernel);
    const nas = await readNasSide({ truth, gateway, ...story, at });
    const { machine, capacity } = sides;
    answers.push(completed(known, { gateway, live, nas, machine, capacity }, at));
  }
  return answers;
}

interface Sides {
  readonly kernel: KernelLook;
  readonly machine: GatewaySide | undefined;
  readonly capacity: CapacityForecast | null;
}

/** Once for each gateway. Runs and lock are files of a machine: those of another one are not here. */
function sidesReader(place: ExplainOptions['place'], { gateways, snapshots }: ClientStories) {
  const others = gateways.size - 1;
  const known = new Map<string, Promise<Sides>>();
  const read = async (gateway: GatewayStanding): Promise<Sides> => ({
    kernel: await lookAtKernel(place, gateway, others),
    machine: isHere(place, gateway.name, others) ? await readGatewaySide(place, gateway.name) : undefined,
    capacity: capacityOf(snapshots.get(gateway.name)),
  });
  return (gateway: GatewayStanding): Promise<Sides> => {
    const sides = known.get(gateway.name) ?? read(gateway);
    known.set(gateway.name, sides);
    return sides;
  };
}

function capacityOf(snapshot: GatewaySnapshot | undefined): CapacityForecast | null {
  if (snapshot === undefined) return null;
  try {
    return capacityForecast(snapshot.gateway, desiredState(snapshot), snapshot.sessions);
  } catch (error) {
    if (isHoldfastError(error, 'TRUTH_INVALID')) return null;
    throw error;
  }
}

function answeredSession(session: StorySession | undefined, at: number): AnsweredSession | null {
  if (session === undefined) return null;
  const isOver = Date.parse(session.expiresAt) <= at;
  const begun = session.confirmedAt === null ? 'pending' : 'confirmed';
  const standing = session.state === 'released' ? 'released' : isOver ? 'over' : begun;
  return { ...session, standing };
}

interface Known {
  readonly by: ClientAnswer['foundBy'];
  readonly story: ClientStory;
  readonly session: AnsweredSession | null;
}

interface AtGateway {
  readonly gateway: GatewayStanding;
  readonly live: Compared;
  readonly nas: NonNullable<ClientAnswer['nas']>;
  readonly machine: GatewaySide | undefined;
  readonly capacity: CapacityForecast | null;
}

/** @param there - undefined for a connection that was never at a gateway */
function completed({ by, story, session }: Known, there: AtGateway | undefined, at: number): ClientAnswer {
  const { connection, customer, ended, triggers } = story;
  const { live, nas = null, machine, capacity = null } = there ?? {};
  const drift = [...(live?.drift ?? []), ...(nas?.drift ?? [])];
  const facts: SentenceFacts = {
    foundBy: by,
    agreement: agreementOf(live, drift.length),
    connection,
    customer,
    session,
    ended,
    gateway: there?.gateway ?? null,
    capacity,
    addresses: live?.addresses ?? [],
    desired: live?.desired ?? null,
    actual: live?.actual ?? null,
    drift,
    nas,
    triggers,
    runs: machine?.runs ?? [],
    policyLock: { holder: machine?.lock.holder ?? null, waiters: machine?.lock.waiters ?? [] },
    warnings: machine?.warnings ?? [],
  };
  return { ...facts, because: clientSentence(facts, at) };
}

/** Truth that cannot be used is no agreement whatever is live. */
function agreementOf(live: Compared | undefined, differences: number): ClientAnswer['agreement'] {
  if (differences > 0) return 'differs';
  if (live === undefined) return 'agrees'; // nobody was ever anywhere, so nothing can be live
  const { desired, actual } = live;
  if (desired.problems.length + desired.otherProblems > 0) return 'differs';
  return actual.kind === 'read' ? 'agrees' : 'unknown';
}

function unknownClient(word: string): HoldfastError {
  const shown = JSON.stringify(word.slice(0, 80));
  return new HoldfastError('CLIENT_UNKNOWN', `truth has no connection, session or user ${shown}`, {
    details: { asked: word.slice(0, 80) },
  });
}

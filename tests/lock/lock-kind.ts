/** What sets the backends apart for processes that share a lock. Whoever tests processes describes it once, for each of these. */
import { counts } from '../support/counts.ts';
import type { Need } from '../support/needs.ts';
import { FlockService, LockfileService } from './file-service.ts';
import type { LockService } from './lock-service.ts';
import { MysqlService } from './mysql-service.ts';
import { RedisService } from './redis-service.ts';

export interface LockKind<Service extends LockService = LockService> {
  readonly name: string;
  readonly needs: readonly Need[];
  open(): Promise<Service>;
  /** Each with a lock directory of its own. More than one where the lock reaches that far. */
  readonly hosts: readonly [string, ...string[]];
  /** Of holders that are killed: as short as a busy machine allows. */
  readonly killLeaseMs?: number;
  /** Whether the lock of whoever is dead becomes free by that, whoever it was. */
  readonly isFreedByDeath: boolean;
  /** From the death of a holder to the next grant, at the most. */
  readonly reacquireMs: number;
  readonly killRounds: number;
  readonly waiterKillRounds: number;
  /** Whether others are told who waits: not at all, or also of the dead for a while. */
  readonly waiters: 'shown' | 'shown late' | 'hidden';
  /** Whether who comes first is served first. */
  readonly isFair: boolean;
  /** Generation of the first hold, where it is always the same. */
  readonly firstFence?: number;
}

export const flock: LockKind<FlockService> = {
  name: 'flock',
  needs: [],
  open: async () => new FlockService(),
  hosts: ['locks'],
  isFreedByDeath: true,
  reacquireMs: 1_000,
  killRounds: counts.killRounds,
  waiterKillRounds: counts.waiterKillRounds,
  waiters: 'shown',
  isFair: true,
  firstFence: 1,
};

export const lockfile: LockKind<LockfileService> = {
  name: 'lockfile',
  needs: [],
  open: async () => new LockfileService(),
  hosts: ['locks'],
  isFreedByDeath: false, // but by its lease, where nobody can see who has died
  reacquireMs: 1_000,
  killRounds: counts.killRounds,
  waiterKillRounds: counts.slowWaiterKillRounds,
  waiters: 'hidden',
  isFair: false,
  firstFence: 1,
};

export const mysql: LockKind<MysqlService> = {
  name: 'mysql',
  needs: ['mariadb'],
  open: () => MysqlService.open(),
  hosts: ['here', 'elsewhere'],
  isFreedByDeath: true,
  reacquireMs: 1_000,
  killRounds: counts.killRounds,
  waiterKillRounds: counts.waiterKillRounds,
  waiters: 'shown late',
  isFair: true,
  firstFence: 1,
};

const shortestLeaseMs = 300;

export const redis: LockKind<RedisService> = {
  name: 'redis',
  needs: ['redis'],
  open: () => RedisService.open(),
  hosts: ['here', 'elsewhere'],
  killLeaseMs: shortestLeaseMs,
  isFreedByDeath: false,
  reacquireMs: shortestLeaseMs + 1_000,
  killRounds: counts.leaseKillRounds,
  waiterKillRounds: counts.slowWaiterKillRounds,
  waiters: 'shown',
  isFair: true,
};

export const lockKinds: readonly LockKind[] = [flock, lockfile, mysql, redis];

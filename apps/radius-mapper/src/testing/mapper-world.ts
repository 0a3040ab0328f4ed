/** A mapper over a truth of its own in memory, for tests: one gateway, a few users, and requests as FreeRADIUS sends them. */
import { type Clock, type Log, silentLog, systemClock } from '@holdfast/base';
import { migrate, type NewGateway, openTruth } from '@holdfast/truth-db';
import { fillRadiusTruth } from '../../../../tests/support/radius-truth.ts';
import { createGateways } from '../gateways.ts';
import type { Mapper } from '../mapper.ts';
import { createMapperMetrics } from '../mapper-metrics.ts';
import type { MapperSettings } from '../mapper-settings.ts';

export { commonBody, vectorOf } from '../../../../tests/support/mapper-client.ts';

export const userPassword = 'correct horse';

export interface MapperWorld extends AsyncDisposable {
  readonly mapper: Mapper;
}

export interface MapperWorldOptions {
  readonly users?: number;
  readonly gateway?: Partial<NewGateway>;
  readonly settings?: Partial<MapperSettings>;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** Users `user0`, `user1`, … on a gateway whose NAS is 127.0.0.1. */
export async function mapperWorld(options: MapperWorldOptions = {}): Promise<MapperWorld> {
  const { users = 3, gateway = {}, clock = systemClock, log = silentLog } = options;
  const truth = openTruth('sqlite::memory:', { clock });
  await migrate(truth);
  await fillRadiusTruth(truth, { users, password: userPassword, gateway });
  const mapper: Mapper = {
    truth,
    gateways: createGateways({ truth: () => truth, clock }),
    settings: { ...plainSettings, ...options.settings },
    log,
    metrics: createMapperMetrics(),
    clock,
    stateDirectory: '/nonexistent',
  };
  return { mapper, [Symbol.asyncDispose]: () => truth.close() };
}

const plainSettings: MapperSettings = {
  pendingLeaseMs: 90_000,
  sessionLeaseMs: 900_000,
  interimMs: 300_000,
  sessionTimeoutMs: undefined,
  restrictedTimeoutMs: undefined,
  clientTimeoutMs: 60_000,
  loginQueue: 64,
  lockBackend: 'auto',
};

export function bodyOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}

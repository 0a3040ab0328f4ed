/**
 * What every database has to do to be truth. Each dialect's test hands in how it opens an empty one; SQL that only one
 * of them understands does not belong here.
 */
import { describe } from 'vitest';
import { bareGatewaysHold } from './bare-gateway-contract.ts';
import { provisionsHold } from './connection/provision-contract.ts';
import { constraintsHold } from './constraint-contract.ts';
import { demoHolds } from './demo-contract.ts';
import type { Truth } from './index.ts';
import { newsHold } from './news-contract.ts';
import { radiusLoginsHold } from './radius-login-contract.ts';
import { startsHold } from './session/start-contract.ts';
import { snapshotsHold } from './snapshot-contract.ts';
import { useTruth } from './testing/use-truth.ts';
import { triggersHold } from './trigger-contract.ts';

export function truthContract(name: string, open: () => Promise<Truth>): void {
  describe(`${name} as truth`, () => {
    const truth = useTruth(open);

    describe('constraints', () => constraintsHold(truth));
    describe('triggers and runs', () => triggersHold(truth));
    describe('gateways inserted by SQL', () => bareGatewaysHold(truth));
    describe('snapshots', () => snapshotsHold(truth));
    describe('news', () => newsHold(truth));
    describe('sessions', () => startsHold(truth));
    describe('connections', () => provisionsHold(truth));
    describe('RADIUS logins', () => radiusLoginsHold(truth));
    describe('demo', () => demoHolds(truth));
  });
}

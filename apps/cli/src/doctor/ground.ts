/** What the checks look at: the settings of the call, and truth, opened once and by the first that needs it. */
import { resolve } from 'node:path';
import type { HoldfastError } from '@holdfast/base';
import type { LookingPlace, SidePlace } from '@holdfast/gateway-policy/explain';
import { isHere } from '@holdfast/gateway-policy/explain';
import type { LoadedSettings } from '@holdfast/host/config';
import { type GatewayStanding, readGatewayStandings, type Truth } from '@holdfast/truth-db';
import type { doctorSettings } from './doctor-command.ts';
import { openPresentTruth } from './open-present-truth.ts';

export type DoctorSettings = LoadedSettings<typeof doctorSettings>;

export interface Ground extends AsyncDisposable {
  readonly settings: DoctorSettings;
  readonly stateDir: string;
  readonly place: LookingPlace & SidePlace;
  /** @throws HoldfastError as `openTruth` does; at once what it was given up with */
  truth(): Truth;
  /** A database that did not answer is not waited for again by every check. */
  giveUpTruth(error: HoldfastError): void;
  /** The gateways that are meant: the one that was named, else all of truth. */
  gateways(): Promise<readonly GatewayStanding[]>;
  /** Those of them that are this machine's. */
  gatewaysHere(): Promise<readonly GatewayStanding[]>;
}

export function openGround(settings: DoctorSettings): Ground {
  const stateDir = resolve(settings.stateDirectory);
  const { gateway, dataplane, netns, device, lockBackend } = settings;
  const place = {
    stateDir,
    gateway: gateway.value,
    dataplane: dataplane.value,
    netns: netns.value,
    device: device.value,
    lockBackend: lockBackend.value,
  };
  let truth: Truth | undefined;
  let away: HoldfastError | undefined;
  const open = () => {
    if (away !== undefined) throw away;
    truth ??= openPresentTruth(settings);
    return truth;
  };
  const meant = async () => {
    const all = await readGatewayStandings(open());
    return { all, asked: all.filter(({ name }) => gateway.value === undefined || name === gateway.value) };
  };
  return {
    settings,
    stateDir,
    place,
    truth: open,
    giveUpTruth: (error) => {
      away = error;
    },
    gateways: async () => (await meant()).asked,
    gatewaysHere: async () => {
      const { all, asked } = await meant();
      return asked.filter(({ name }) => isHere(place, name, all.length - 1));
    },
    [Symbol.asyncDispose]: async () => {
      await truth?.close();
    },
  };
}

/**
 * The states that the contract of the dataplanes goes through, one set of them for each way to shape: a shared device
 * without and with upload limits, and a device for each session.
 */
import type { GatewayRow } from '@holdfast/truth-db';
import type { DataplaneStep } from './changes.ts';
import type { PolicyState } from './policy-state.ts';

export interface ContractStates {
  readonly name: string;
  readonly layout: GatewayRow['layout'];
  readonly full: PolicyState;
  /** Other sessions, rates and classes. */
  readonly changed: PolicyState;
  /** Steps of a cold write of `full`. */
  readonly coldSteps: readonly DataplaneStep[];
  /** Steps from `full` to nothing. */
  readonly lastSteps: readonly DataplaneStep[];
  /** A key of nft that `full` has, and a value that it has not. */
  readonly mapped: { readonly address: string; readonly to: string };
  /** A class that `full` has. */
  readonly taken: { readonly classId: string; readonly rate: string };
  /** Classes that `full` has not. */
  readonly free: readonly [string, string, string];
  /** One changed session each. */
  readonly deltas: readonly ContractDelta[];
}

export interface ContractDelta {
  readonly what: string;
  /** What `full` becomes. */
  readonly to: PolicyState;
  readonly steps: readonly DataplaneStep[];
}

/** Shards of the gateway that the shared-device states are made for. */
export const contractShards = 4;

/** Devices that a gateway of the per-interface states has. */
export const contractDevices = ['ppp0', 'ppp1', 'ppp2', 'ppp3', 'ppp4', 'ppp5'] as const;

export const nothing: PolicyState = { restricted: new Set(), classOf: new Map(), classes: new Map() };

const restricted = new Set(['10.0.0.3', '10.0.0.5', 'fd00::5', '::0.1.0.2']);
const otherRestricted = new Set(['10.0.0.5', '10.0.0.9', '2001:db8::9']);

export const fullState: PolicyState = {
  restricted,
  classOf: new Map([
    ['10.0.0.1', '3:1'],
    ['fd00::1', '3:1'],
    ['10.0.0.2', '4:1f'],
    ['10.0.0.3', '5:ffff'],
  ]),
  classes: new Map([
    ['3:1', '5Mbit'],
    ['4:1f', '1500Kbit'],
    ['5:ffff', '1234Mbit'],
  ]),
};

const changedState: PolicyState = {
  restricted: otherRestricted,
  classOf: new Map([
    ['10.0.0.1', '3:2'],
    ['fd00::1', '3:2'],
    ['10.0.0.2', '4:1f'],
    ['10.0.0.9', '3:3'],
  ]),
  classes: new Map([
    ['3:2', '5Mbit'],
    ['4:1f', '2Mbit'],
    ['3:3', '64Kbit'],
  ]),
};

const uploadState: PolicyState = {
  restricted,
  classOf: new Map([
    ...fullState.classOf,
    ['10.0.0.1/up', '3:1/up'],
    ['fd00::1/up', '3:1/up'],
    ['10.0.0.7/up', '5:7/up'],
  ]),
  classes: new Map([...fullState.classes, ['3:1/up', '1Mbit'], ['5:7/up', '2Mbit']]),
};

const perInterfaceState: PolicyState = {
  restricted,
  classOf: new Map([
    ['ppp0/up', '2Mbit'],
    ['ppp4/up', '64Kbit'],
  ]),
  classes: new Map([
    ['ppp0', '5Mbit'],
    ['ppp1', '1500Kbit'],
    ['ppp2', '1234Mbit'],
  ]),
};

export const sharedDevice: ContractStates = {
  name: 'shared-device',
  layout: 'shared-device',
  full: fullState,
  changed: changedState,
  coldSteps: ['tc-add', 'nft'],
  lastSteps: ['nft', 'tc-remove'],
  mapped: { address: '10.0.0.1', to: '3:77' },
  taken: { classId: '3:1', rate: '5Mbit' },
  free: ['3:77', '3:78', '3:99'],
  deltas: [
    ...restrictionDeltas(fullState),
    ...sharedDeltas(fullState, ''),
    {
      what: 'an address that moves to another class',
      to: { ...fullState, classOf: new Map([...fullState.classOf, ['fd00::1', '4:1f']]) },
      steps: ['nft'],
    },
  ],
};

export const sharedDeviceWithUpload: ContractStates = {
  ...sharedDevice,
  name: 'shared-device with upload',
  full: uploadState,
  changed: {
    ...changedState,
    classOf: new Map([...changedState.classOf, ['10.0.0.1/up', '3:2/up'], ['10.0.0.7/up', '5:7/up']]),
    classes: new Map([...changedState.classes, ['3:2/up', '1Mbit'], ['5:7/up', '3Mbit']]),
  },
  mapped: { address: '10.0.0.1/up', to: '3:77/up' },
  taken: { classId: '3:1/up', rate: '1Mbit' },
  free: ['3:77/up', '3:78/up', '3:99/up'],
  deltas: [
    ...sharedDeltas(uploadState, '/up'),
    {
      what: 'an upload that moves to another class',
      to: { ...uploadState, classOf: new Map([...uploadState.classOf, ['fd00::1/up', '5:7/up']]) },
      steps: ['nft'],
    },
  ],
};

export const perInterface: ContractStates = {
  name: 'per-interface',
  layout: 'per-interface',
  full: perInterfaceState,
  changed: {
    restricted: otherRestricted,
    classOf: new Map([
      ['ppp0/up', '3Mbit'],
      ['ppp1/up', '1Mbit'],
    ]),
    classes: new Map([
      ['ppp1', '1500Kbit'],
      ['ppp2', '2Mbit'],
      ['ppp3', '64Kbit'],
    ]),
  },
  coldSteps: ['tc-add', 'nft'],
  lastSteps: ['nft', 'tc-remove'],
  mapped: { address: 'ppp0/up', to: '7Mbit' },
  taken: { classId: 'ppp0', rate: '5Mbit' },
  free: ['ppp3', 'ppp4', 'ppp5'],
  deltas: [
    ...restrictionDeltas(perInterfaceState),
    {
      what: 'a session that comes with both limits',
      to: withEntries(perInterfaceState, ['ppp5/up', '2Mbit'], ['ppp5', '3Mbit']),
      steps: ['tc-add', 'nft'],
    },
    {
      what: 'a session with another rate',
      to: withEntries(perInterfaceState, undefined, ['ppp0', '6Mbit']),
      steps: ['tc-add'],
    },
    {
      what: 'a session with another upload rate',
      to: withEntries(perInterfaceState, ['ppp0/up', '6Mbit'], undefined),
      steps: ['nft'],
    },
    {
      what: 'a session that goes',
      to: without(perInterfaceState, ['ppp0/up'], 'ppp0'),
      steps: ['nft', 'tc-remove'],
    },
  ],
};

function restrictionDeltas(from: PolicyState): readonly ContractDelta[] {
  return [
    {
      what: 'an address that is restricted',
      to: { ...from, restricted: new Set([...from.restricted, '10.0.0.44', 'fd00::44']) },
      steps: ['nft'],
    },
    {
      what: 'an address that is free again',
      to: { ...from, restricted: new Set([...from.restricted].slice(1)) },
      steps: ['nft'],
    },
  ];
}

/** @param way - what stands behind the names of one direction */
function sharedDeltas(from: PolicyState, way: '' | '/up'): readonly ContractDelta[] {
  return [
    {
      what: 'a session that comes',
      to: withEntries(from, [`10.0.0.4${way}`, `3:4${way}`], [`3:4${way}`, '3Mbit']),
      steps: ['tc-add', 'nft'],
    },
    {
      what: 'a session with another rate',
      to: withEntries(from, undefined, [`3:1${way}`, '6Mbit']),
      steps: ['tc-add'],
    },
    {
      what: 'a session that goes',
      to: without(from, [`10.0.0.1${way}`, `fd00::1${way}`], `3:1${way}`),
      steps: ['nft', 'tc-remove'],
    },
  ];
}

type Entry = readonly [string, string];

function withEntries(state: PolicyState, mapped: Entry | undefined, shaped: Entry | undefined): PolicyState {
  return {
    ...state,
    classOf: new Map([...state.classOf, ...(mapped === undefined ? [] : [mapped])]),
    classes: new Map([...state.classes, ...(shaped === undefined ? [] : [shaped])]),
  };
}

function without(state: PolicyState, addresses: readonly string[], classId: string): PolicyState {
  return {
    ...state,
    classOf: new Map([...state.classOf].filter(([address]) => !addresses.includes(address))),
    classes: new Map([...state.classes].filter(([id]) => id !== classId)),
  };
}

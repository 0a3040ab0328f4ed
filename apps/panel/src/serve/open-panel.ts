/** The one place where the parts of a running panel are made, each once. */
import { join, resolve } from 'node:path';
import type { Clock, Log } from '@holdfast/base';
import { type LoadedSettings, prepareDirectory } from '@holdfast/host/config';
import type { TlsIdentity } from '@holdfast/host/http';
import { LockRunner } from '@holdfast/lock-runner';
import { Mutations, TagCache } from '@holdfast/mutations';
import { createPasswordHasher } from '@holdfast/truth-db';
import type { PanelParts } from '../app/panel-parts.ts';
import { ChangeFeed } from '../feed/change-feed.ts';
import { GatewayView } from '../gateway/gateway-view.ts';
import type { LoginEvent } from '../login/login-log.ts';
import { loginLimits } from '../login/login-settings.ts';
import { Logins } from '../login/logins.ts';
import { openPanelSecret } from '../login/panel-secret.ts';
import { clientAddress } from './client-address.ts';
import { type DatabaseFile, databaseFile } from './database-file.ts';
import type { panelSettings } from './panel-command.ts';
import { createPanelMetrics, type PanelMetrics } from './panel-metrics.ts';
import { openPanelTruth } from './panel-truth.ts';
import { readTlsFiles } from './tls-files.ts';

export interface OpenPanel extends AsyncDisposable {
  readonly parts: PanelParts;
  readonly metrics: PanelMetrics;
  readonly file: DatabaseFile;
  /** Of the state directory. */
  readonly runner: LockRunner;
  readonly tls: TlsIdentity | undefined;
  /** Whether browsers come over TLS, ours or that of a proxy. */
  readonly isSecure: boolean;
}

export interface OpenPanelOptions {
  readonly settings: LoadedSettings<typeof panelSettings>;
  readonly log: Log;
  readonly clock: Clock;
}

/** @throws HoldfastError - a file or the database cannot be used; nothing is left open */
export async function openPanel({ settings, log, clock }: OpenPanelOptions): Promise<OpenPanel> {
  const stateDir = resolve(settings.stateDirectory);
  prepareDirectory(stateDir);
  const tls = readTlsFiles({ certificate: settings.tlsCertificate.value, key: settings.tlsKey.value });
  const isSecure = tls !== undefined || settings.secureCookies.value === 'always';
  const secretFile = settings.secretFile.value;
  const secret = await openPanelSecret(secretFile ?? join(stateDir, 'panel.secret'), {
    isMadeWhenMissing: secretFile === undefined,
  });
  const url = settings.database.value ?? `sqlite:${join(stateDir, 'truth.sqlite')}`;
  const truth = openPanelTruth(url, { log, clock });
  const shared = { truth, log, clock };
  const metrics = createPanelMetrics();
  const mostListeners = Math.floor(settings.maxConnections.value / 2);
  const feed = new ChangeFeed({ ...shared, mostListeners });
  const mutations = new Mutations({ ...shared, onCommit: (change) => feed.note(change) });
  const passwords = createPasswordHasher();
  const lockBackend = settings.lockBackend.value;
  const parts: PanelParts = {
    ...shared,
    mutations,
    passwords,
    feed,
    cache: new TagCache({ truth, clock }),
    logins: new Logins({
      ...shared,
      mutations,
      passwords,
      secret,
      limits: loginLimits(settings),
      isCookieSecure: isSecure,
      onEvent: (event) => countLogin(metrics, event),
    }),
    gateways: new GatewayView({
      ...shared,
      stateDir: resolve(settings.gatewayStateDir.value ?? stateDir),
      lockBackend,
      reconcile: settings.reconcile.value,
    }),
    clientAddress: clientAddress(settings.trustProxy.value),
  };
  return {
    parts,
    metrics,
    file: databaseFile(url),
    runner: new LockRunner({ directory: join(stateDir, 'locks'), backend: lockBackend }),
    tls,
    isSecure,
    [Symbol.asyncDispose]: () => truth.close(),
  };
}

function countLogin(metrics: PanelMetrics, { kind, outcome }: LoginEvent): void {
  if (kind === 'login') metrics.add('holdfast_panel_logins_total', 1, { outcome });
  else metrics.add('holdfast_panel_refreshes_total', 1, { outcome });
}

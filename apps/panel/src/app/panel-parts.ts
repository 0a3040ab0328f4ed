/** What the routes of the panel are made from. `serve/panel.ts` puts it together, tests do with a database in memory. */
import type { Clock, Log } from '@holdfast/base';
import type { Mutations, TagCache } from '@holdfast/mutations';
import type { PasswordHasher, Truth } from '@holdfast/truth-db';
import type { Context } from 'hono';
import type { ChangeFeed } from '../feed/change-feed.ts';
import type { GatewayView } from '../gateway/gateway-view.ts';
import type { Logins } from '../login/logins.ts';
import type { PanelEnv } from './panel-env.ts';

export interface PanelParts {
  readonly truth: Truth;
  readonly mutations: Mutations;
  readonly cache: TagCache;
  /** One for the process, because its bound counts what goes through it. */
  readonly passwords: PasswordHasher;
  readonly log: Log;
  readonly clock: Clock;
  readonly logins: Logins;
  readonly feed: ChangeFeed;
  readonly gateways: GatewayView;
  /** Where a request comes from, for the limits of logins. */
  readonly clientAddress: (request: Context<PanelEnv>) => string;
}

/** The first lines of `npm start`: where, as whom, and what to try. */
import { relative } from 'node:path';
import type { DemoDataplane } from './demo-dataplane.ts';
import type { DemoLogins, Login } from './demo-logins.ts';
import type { StartOptions } from './options.ts';
import type { Ports } from './ports.ts';
import type { TrafficSetup } from './traffic/traffic-setup.ts';

export interface WelcomeFacts extends Pick<StartOptions, 'panel' | 'stateDir'> {
  readonly device: string;
  readonly ports: Ports;
  readonly dataplane: DemoDataplane;
  readonly admin: Login;
  readonly logins: DemoLogins;
  /** The package without which nobody logs in by RADIUS. */
  readonly missing: string | undefined;
  /** Undefined when there is no traffic. */
  readonly setup: TrafficSetup | undefined;
}

export function welcome(facts: WelcomeFacts): string {
  const { panel, ports, dataplane, admin, logins, stateDir } = facts;
  const [ana] = logins.customers;
  const lines = [
    `panel:      http://${panel.host}:${ports.panel}`,
    `log in as:  ${admin.email}  ${admin.password}`,
    ...(ana === undefined
      ? []
      : [`            ${ana.email}  ${ana.password}   (a customer: in a private window)`]),
    `dataplane:  ${dataplane.describe}`,
    `state:      ${relative(process.cwd(), stateDir) || '.'} (passwords: demo/admin.json, demo/logins.json)`,
    `status:     ${statusUrls(ports)}`,
    `traffic:    ${trafficLine(facts)}`,
    '',
    ...thingsToTry(facts),
    'Ctrl-C stops everything.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function statusUrls({ panelStatus, mapper, reconcile }: Ports): string {
  return `readyz and metrics of panel, mapper and reconcile at 127.0.0.1:${panelStatus}, :${mapper}, :${reconcile}`;
}

function trafficLine({ setup, missing }: WelcomeFacts): string {
  if (setup === undefined) return 'none';
  const how =
    missing === undefined ? 'logins by RADIUS, and hooks' : `hooks alone (${missing} is not installed)`;
  const packets = setup.inside === undefined ? 'no packets' : 'packets through the kernel';
  return `${how}; ${packets}; --seed ${setup.seed} for the same again, --no-traffic for none`;
}

function thingsToTry({ dataplane, device }: WelcomeFacts): readonly string[] {
  const inside = dataplane.inside?.join(' ');
  const kernel =
    inside === undefined
      ? []
      : [
          `  ${inside} nft list set inet holdfast restricted4`,
          `  ${inside} tc -s class show dev ${device}`,
          `  ${inside} nft flush set inet holdfast restricted4     and within ten seconds it is repaired`,
        ];
  return [
    'Try: restrict a connection that is online, in the panel, and see it dropped by the kernel; change its rate;',
    'edit it in two windows at once. docs/demo.md has more.',
    ...kernel,
  ];
}

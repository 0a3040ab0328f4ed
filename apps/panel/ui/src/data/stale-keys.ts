/** Which answers an event makes old: the beginnings of their keys. A record is read again too; what somebody edits of it is not. */
import type { PanelEvent } from '@holdfast/panel-client/schema';

export type KeyStart = readonly [string] | readonly [string, string];

const everything: readonly KeyStart[] = [
  ['connections'],
  ['connection'],
  ['connection-history'],
  ['customers'],
  ['customer'],
  ['sessions'],
  ['gateways'],
  ['gateway'],
  ['audit'],
  ['devices'],
];

export function staleKeys(event: PanelEvent): readonly KeyStart[] {
  switch (event.type) {
    case 'hello':
      return everything;
    case 'sessions':
      return [['sessions'], ['connections'], ['connection'], ['gateways'], ['gateway']];
    case 'gateway':
      return [['gateways'], ['gateway', event.name]];
    case 'change':
      return staleByChange(event.kind, event.id);
    default:
      return event satisfies never;
  }
}

function staleByChange(kind: string, id: string): readonly KeyStart[] {
  switch (kind) {
    case 'vpn_connection':
      // Sessions show the label of their connection, customers how many they have.
      return [
        ['connections'],
        ['connection', id],
        ['connection-history', id],
        ['sessions'],
        ['customers'],
        ['audit'],
      ];
    case 'customer':
      return [['customers'], ['customer', id], ['connections'], ['connection'], ['audit']];
    default:
      return [['audit']];
  }
}

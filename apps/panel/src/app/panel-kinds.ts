/** The kinds of resources of the panel, with what an owner may do to them. */
import { customerKind, vpnConnectionKind } from '@holdfast/mutations';
import { ownerMay } from './operations.ts';

export const customers = customerKind({ ownerMay });
export const connections = vpnConnectionKind({ ownerMay });

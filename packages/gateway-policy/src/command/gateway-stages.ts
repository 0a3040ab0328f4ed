/** The stages of the sentence with what a gateway's policy is made of. */
import type { CallerStages, HeldStages, LaterStages } from '@holdfast/cycle';
import type { Changes } from '../changes.ts';
import type { DriftEntry } from '../drift.ts';
import type { ActualState } from '../policy-state.ts';
import type { PolicyTarget } from './policy-target.ts';
import type { PolicyAction, PolicyTrigger } from './policy-trigger.ts';

export type HeldPolicyStages = HeldStages<PolicyTarget, ActualState, Changes, DriftEntry>;

export type LaterPolicyStages = CallerStages<PolicyTrigger, PolicyAction> &
  LaterStages<PolicyTarget, ActualState, Changes, DriftEntry>;

/** The paths that FreeRADIUS posts to. */
import { accounting } from './accounting.ts';
import { authorize } from './authorize.ts';
import { login, postAuth } from './login.ts';
import { releasePending } from './release-pending.ts';
import type { Route } from './route.ts';

export const routes: ReadonlyMap<string, { readonly name: string; readonly answer: Route }> = new Map([
  ['/v1/authorize', { name: 'authorize', answer: authorize }],
  ['/v1/login', { name: 'login', answer: login }],
  ['/v1/post-auth', { name: 'post-auth', answer: postAuth }],
  ['/v1/release-pending', { name: 'release-pending', answer: releasePending }],
  ['/v1/accounting', { name: 'accounting', answer: accounting }],
]);

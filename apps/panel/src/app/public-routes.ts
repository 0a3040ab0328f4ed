/** The routes below /v1 that nobody has to be logged in for. Every other one, also one that is added, is behind `requireIdentity`. */
export const publicRoutes: ReadonlySet<string> = new Set([
  'GET /v1/auth/captcha',
  'POST /v1/auth/login',
  'POST /v1/auth/refresh',
  'POST /v1/auth/logout',
  'GET /v1/openapi.json',
]);

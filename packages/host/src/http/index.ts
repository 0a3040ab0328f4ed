/** A small HTTP server for daemons, and the endpoints by which they are watched. */
export { type ListenAddress, listenUrl, parseListenAddress } from './listen-address.ts';
export { type EndpointOptions, openEndpoints } from './open-endpoints.ts';
export { type Body, readBody } from './read-body.ts';
export { type FetchApp, requestListener, serve } from './serve.ts';
export {
  type HttpLimits,
  type HttpServer,
  type RequestListener,
  type ServeOptions,
  serveRaw,
  type TlsIdentity,
} from './serve-raw.ts';
export { type StatusAnswer, type StatusAppOptions, statusApp } from './status-app.ts';

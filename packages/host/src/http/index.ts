/** A small HTTP server for daemons, and the endpoints by which they are watched. */
export { type ListenAddress, listenUrl, parseListenAddress } from './listen-address.ts';
export { type FetchApp, type HttpLimits, type HttpServer, type ServeOptions, serve } from './serve.ts';
export { type StatusAnswer, type StatusAppOptions, statusApp } from './status-app.ts';

/** Values as JSON knows them: what comes in a request, goes into an answer and is kept in a column. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** Customers: for admins, but that a customer reads the own record. */
import { editCustomer, readResource, register, setPasswordHash } from '@holdfast/mutations';
import {
  customerChangedSchema,
  customerPageSchema,
  customerQuerySchema,
  customerSchema,
  editCustomerSchema,
  registerSchema,
  setPasswordSchema,
} from '@holdfast/panel-client/schema';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { answerOutcome, change, create, mutationIdOf } from '../app/mutate.ts';
import { changeHeaders, intentHeaders, mutationBody } from '../app/mutation-body.ts';
import { operations } from '../app/operations.ts';
import type { PanelEnv } from '../app/panel-env.ts';
import { customers } from '../app/panel-kinds.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { panelRouter } from '../app/panel-router.ts';
import { pathId } from '../app/path-id.ts';
import { refuse } from '../app/problem-answer.ts';
import { readPage } from '../app/read-page.ts';
import { requireAdmin } from '../app/require-admin.ts';
import { answers, changed, ofChanges, ofCreations } from '../app/route-answers.ts';
import { changeEndingLogins } from './change-ending-logins.ts';
import { addressOf, refuseAddressOfAdmin } from './customer-address.ts';
import { customerEventRoutes } from './customer-event-routes.ts';
import { countCustomers, listCustomers } from './list-customers.ts';
import { type NewPassword, newPassword } from './new-password.ts';

const tags = ['Customers'];

const list = createRoute({
  method: 'get',
  path: '/v1/customers',
  operationId: 'listCustomers',
  summary: 'A page of customers',
  tags,
  middleware: requireAdmin,
  request: { query: customerQuerySchema },
  responses: answers({ 200: { description: 'A page of customers', schema: customerPageSchema } }, [
    'invalid',
    'signed-out',
    'forbidden',
  ]),
});

const registration = createRoute({
  method: 'post',
  path: '/v1/customers',
  operationId: 'registerCustomer',
  summary: 'Registers a customer with a password',
  tags,
  middleware: requireAdmin,
  request: { headers: intentHeaders, ...mutationBody('RegisterCustomer', registerSchema) },
  responses: answers({ 201: changed('The customer', customerChangedSchema) }, ofCreations),
});

const read = createRoute({
  method: 'get',
  path: '/v1/customers/{id}',
  operationId: 'readCustomer',
  summary: 'A customer, as a form needs it',
  tags,
  request: { params: pathId },
  responses: answers(
    { 200: { description: 'The customer', schema: customerSchema, headers: { ETag: 'Its version' } } },
    ['signed-out', 'not-found'],
  ),
});

const edit = createRoute({
  method: 'patch',
  path: '/v1/customers/{id}',
  operationId: 'editCustomer',
  summary: 'Changes the e-mail address',
  tags,
  request: {
    params: pathId,
    headers: changeHeaders,
    ...mutationBody('EditCustomer', editCustomerSchema),
  },
  responses: answers({ 200: changed('The customer', customerChangedSchema) }, ofChanges),
});

const password = createRoute({
  method: 'post',
  path: '/v1/customers/{id}/password',
  operationId: 'setCustomerPassword',
  summary: 'Sets the password, and ends every login of the customer',
  tags,
  middleware: requireAdmin,
  request: {
    params: pathId,
    headers: changeHeaders,
    ...mutationBody('SetPassword', setPasswordSchema),
  },
  responses: answers({ 200: changed('The customer', customerChangedSchema) }, ofChanges),
});

export function customerRoutes(parts: PanelParts): OpenAPIHono<PanelEnv> {
  const router = panelRouter();
  readRoutes(router, parts);
  router.openapi(registration, async (context) => {
    const body = context.req.valid('json');
    const email = addressOf(body.email);
    const { hash, mark } = await hashed(context, parts, body);
    const outcome = await create(context, parts, {
      kind: customers,
      operation: operations.registerCustomer,
      body,
      input: { email: body.email, password: mark },
      create: async (creation) => {
        await refuseAddressOfAdmin(creation.trx, email);
        return register({ email, passwordHash: hash })(creation);
      },
    });
    return answerOutcome(context, outcome);
  });
  router.openapi(edit, async (context) => {
    const body = context.req.valid('json');
    const email = body.email === undefined ? undefined : addressOf(body.email);
    const edited = editCustomer(customers, email === undefined ? {} : { email });
    const outcome = await change(context, parts, {
      kind: customers,
      id: context.req.valid('param').id,
      operation: operations.editCustomer,
      body,
      change: async (changing) => {
        if (email !== undefined) await refuseAddressOfAdmin(changing.trx, email);
        return edited(changing);
      },
    });
    return answerOutcome(context, outcome);
  });
  router.openapi(password, async (context) => {
    const body = context.req.valid('json');
    const { hash, mark } = await hashed(context, parts, body);
    const outcome = await changeEndingLogins(context, parts, {
      kind: customers,
      id: context.req.valid('param').id,
      operation: operations.setPassword,
      body,
      input: { password: mark },
      change: setPasswordHash(customers, hash),
      reason: 'password_change',
    });
    return answerOutcome(context, outcome);
  });
  router.route('/', customerEventRoutes(parts));
  return router;
}

function readRoutes(router: OpenAPIHono<PanelEnv>, { truth, cache }: PanelParts): void {
  router.openapi(list, async (context) => {
    const query = context.req.valid('query');
    const page = await readPage(cache, {
      name: 'customers',
      view: 'admin',
      tags: ['customer', 'vpn_connection'],
      query,
      page: () => listCustomers(truth.db, query),
      total: () => countCustomers(truth.db, query),
    });
    return context.json(page, 200);
  });
  router.openapi(read, async (context) => {
    const { id } = context.req.valid('param');
    const customer = await readResource(truth.db, customers, id, context.get('identity').viewer);
    if (customer === undefined) return refuse(context, 'not-found');
    return context.json(customer, 200, { ETag: customer.etag });
  });
}

async function hashed(
  context: Context<PanelEnv>,
  { passwords }: PanelParts,
  body: { readonly password: string; readonly clientMutationId?: unknown },
): Promise<NewPassword> {
  return newPassword(passwords, context.get('identity'), body.password, mutationIdOf(context, body));
}

/** Customers. For admins; a customer reads the own one. */
import { z } from '@hono/zod-openapi';
import {
  change,
  idSchema,
  intent,
  pageOf,
  pageQuery,
  secretMarkSchema,
  timeSchema,
  versionSchema,
} from './resource.ts';

export const customerStatusSchema = z.enum(['active', 'suspended', 'deleted']);
const email = z.string().min(3).max(254);
/** NIST SP 800-63B: length is what counts. */
export const newPasswordSchema = z.string().min(10).max(256);

export const customerValueSchema = z
  .object({
    id: z.int(),
    email: z.string(),
    status: customerStatusSchema,
    created_at: timeSchema,
    password_hash: secretMarkSchema,
  })
  .openapi('CustomerValue');

export const customerSchema = z
  .object({ id: idSchema, version: versionSchema, etag: z.string(), value: customerValueSchema })
  .openapi('Customer');
export const customerItemSchema = customerSchema
  .omit({ etag: true })
  .extend({ connections: z.int().min(0) })
  .openapi('CustomerItem');
export const customerPageSchema = pageOf(customerItemSchema).openapi('CustomerPage');
export const customerQuerySchema = z.object({
  ...pageQuery,
  /** Part of the e-mail, or the id. */
  search: z.string().max(100).optional(),
  status: customerStatusSchema.optional(),
  sort: z.enum(['id', '-id', 'email', '-email']).default('id'),
});

export const registerSchema = z
  .strictObject({ ...intent, email, password: newPasswordSchema })
  .openapi('RegisterCustomer');
export const editCustomerSchema = z
  .strictObject({ ...change, email: email.optional() })
  .openapi('EditCustomer');
export const setPasswordSchema = z
  .strictObject({ ...change, password: newPasswordSchema })
  .openapi('SetPassword');
export const customerChangedSchema = z
  .object({ id: idSchema, version: versionSchema, value: customerValueSchema.optional() })
  .openapi('CustomerChanged');

export type CustomerValue = z.infer<typeof customerValueSchema>;
export type Customer = z.infer<typeof customerSchema>;
export type CustomerItem = z.infer<typeof customerItemSchema>;
export type CustomerPage = z.infer<typeof customerPageSchema>;
export type CustomerQuery = z.input<typeof customerQuerySchema>;
export type CustomerChanged = z.infer<typeof customerChangedSchema>;

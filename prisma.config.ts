import { defineConfig } from 'prisma/config';
import { withSchema } from './prisma/schema-name';

const { MAKEGOOD_OWNER_DATABASE_URL, DATABASE_URL, MAKEGOOD_SCHEMA } = process.env;
const url = MAKEGOOD_OWNER_DATABASE_URL || DATABASE_URL;

// For `prisma migrate deploy` and `prisma studio`. Migrations run as the owner of the tables, not as a login of our
// roles, which may only read and call the functions.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: url ? withSchema(url, MAKEGOOD_SCHEMA) : '' },
});

import { defineConfig } from 'prisma/config';

// For `prisma migrate deploy` and `prisma studio`. Migrations run as the owner of the tables, not as the
// application's role, which may only read and call the functions.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.MAKEGOOD_OWNER_DATABASE_URL ?? process.env.DATABASE_URL ?? '' },
});

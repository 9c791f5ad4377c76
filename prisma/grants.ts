import { MakegoodError } from '../errors';
import { OPERATOR_URL, postgresUrl } from '../settings';
import { type Grant, loginOf } from './logins';
import { ROLES, type Role } from './rights';

type Env = Readonly<Record<string, string | undefined>>;

/** A `--grant`: `LOGIN=worker,server`, where LOGIN is a name or a URL. Throws INVALID_INPUT. */
export function parseGrant(text: string, env: Env): Grant {
  const at = text.lastIndexOf('=');
  const [login, words] = [text.slice(0, at), text.slice(at + 1)];
  const roles = words.split(',').map((word) => word.trim());
  if (at < 1 || !roles.every((role): role is Role => (ROLES as readonly string[]).includes(role))) {
    const message = `--grant takes LOGIN=ROLES, where the roles are some of ${ROLES.join(',')}.`;
    throw new MakegoodError('INVALID_INPUT', message);
  }
  if (/^postgres(ql)?:\/\//.test(login)) return { ...loginOf(login, '--grant'), roles };
  const known = [configured(env, 'DATABASE_URL'), configured(env, OPERATOR_URL)].find((one) => one?.login === login);
  return { login, ...(known?.password === undefined ? {} : { password: known.password }), roles };
}

/**
 * What is given where no `--grant` says: the login of MAKEGOOD_OPERATOR_DATABASE_URL is an operator's, that of
 * DATABASE_URL gets the other roles, or all where there is no other. Neither loses a role, nor gets one more, once it
 * has any: what was told apart stays apart.
 */
export function defaultGrants(env: Env): Grant[] {
  const application = configured(env, 'DATABASE_URL');
  const operator = configured(env, OPERATOR_URL);
  if (application === undefined) return [];
  if (operator === undefined || operator.login === application.login) {
    return [{ ...application, roles: ROLES, unlessIt: 'has roles' }];
  }
  return [
    { ...application, roles: ROLES.filter((role) => role !== 'operator'), unlessIt: 'has roles' },
    { ...operator, roles: ['operator'], unlessIt: 'has roles' },
  ];
}

const configured = (env: Env, name: string) => (env[name] ? loginOf(postgresUrl(env, name), name) : undefined);

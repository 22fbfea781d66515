export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** What `Authorization: Basic …` says; null where it says nothing, or something else. */
export function basicCredentials(authorization: string | undefined): Credentials | null {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return null;
  const [, name, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  return name === undefined || password === undefined ? null : { name, password };
}

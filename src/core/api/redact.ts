/** An endpoint for logs and errors: without a user name and password, a query and a fragment. */
export function redact(endpoint: URL): string {
  return `${endpoint.protocol}//${endpoint.host}${endpoint.pathname === '/' ? '' : endpoint.pathname}`
}

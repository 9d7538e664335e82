import { freePort, type Server, ServerFolder, startServer } from '../../../lab/servers/server.js'

/** Starts cntlm on loopback, which logs in by NTLM at a proxy of loopback and asks nobody for a login itself. */
export async function startCntlm(proxyPort: number): Promise<Server> {
  const folder = new ServerFolder()
  const port = await freePort()
  const config = [
    'Username user',
    'Domain DOMAIN',
    'Password password',
    'Auth NTLM', // squid's helper for tests has no target info, which NTLMv2 wants
    `Proxy 127.0.0.1:${proxyPort}`,
    `Listen 127.0.0.1:${port}`,
  ]
  const file = folder.write('cntlm.conf', `${config.join('\n')}\n`)
  return startServer('cntlm', ['-f', '-c', file], port)
}

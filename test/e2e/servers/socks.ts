import type { LabHost } from '../../../lab/lab.js'
import { freePort, type Server, ServerFolder, startServer } from '../../../lab/servers/server.js'

/** Starts microsocks on loopback or on a host of a lab. It asks for this user and password. */
export async function startMicrosocks(user: string, password: string, host?: LabHost): Promise<Server> {
  const port = await freePort()
  const args = ['-i', host?.ipv4 ?? '127.0.0.1', '-p', String(port), '-u', user, '-P', password]
  return startServer('microsocks', args, port, host)
}

/** Starts dante on loopback or on a host of a lab, which asks for no password and refuses to connect to a blocked port. */
export async function startDante(blockedPort: number, host?: LabHost): Promise<Server> {
  const folder = new ServerFolder()
  const port = await freePort()
  const everybody = host === undefined ? '127.0.0.0/8' : '0.0.0.0/0'
  const config = [
    `logoutput: ${folder.path}/log`,
    `internal: ${host?.ipv4 ?? '127.0.0.1'} port = ${port}`,
    `external: ${host?.ipv4 ?? 'lo'}`,
    'socksmethod: none',
    'clientmethod: none',
    'user.unprivileged: nobody',
    `client pass { from: ${everybody} to: 0.0.0.0/0 }`,
    `socks block { from: ${everybody} to: 0.0.0.0/0 port = ${blockedPort} }`,
    `socks pass { from: ${everybody} to: 0.0.0.0/0 }`,
  ]
  const file = folder.write('danted.conf', `${config.join('\n')}\n`)
  return startServer('danted', ['-f', file, '-p', `${folder.path}/pid`], port, host)
}

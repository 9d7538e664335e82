import { freePort, type Server, ServerFolder, startServer } from './server.js'

/** Starts tinyproxy on loopback, which asks for this user and password. */
export async function startTinyproxy(user: string, password: string): Promise<Server> {
  const folder = new ServerFolder()
  const port = await freePort()
  const config = [
    'Listen 127.0.0.1',
    `Port ${port}`,
    'Timeout 60',
    `BasicAuth ${user} ${password}`,
    'LogLevel Critical',
  ]
  const file = folder.write('tinyproxy.conf', `${config.join('\n')}\n`)
  return startServer('tinyproxy', ['-d', '-c', file], port, folder)
}

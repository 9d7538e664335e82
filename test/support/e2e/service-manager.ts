import { Program } from '../../../lab/program.js'

/** Writes each datagram that comes to a local socket as a line. */
const HEAR = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True:
    text = s.recv(1000).decode()
    print(text, flush=True)
    if text == 'STOPPING=1':
        break
`

/** What a service manager hears at the socket `path` (NOTIFY_SOCKET), a line of output each, until the service stops. */
export async function startServiceManager(path: string): Promise<Program> {
  const manager = new Program('python3', ['-c', HEAR, path])
  await manager.line('listening', 'stdout')
  return manager
}

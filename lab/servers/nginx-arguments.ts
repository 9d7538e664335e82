import type { ServerFolder } from './server.js'

/** The arguments of an nginx with one server, of which `server` is the configuration. Its files are in `folder`. */
export function nginxArguments(folder: ServerFolder, server: string): string[] {
  const log = `${folder.path}/error.log`
  const spare = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder.path}/${kind};`,
  )
  const config = `
    daemon off; master_process off; pid ${folder.path}/pid; error_log ${log};
    events { worker_connections 256; }
    http {
      access_log off; ${spare.join(' ')}
      server { ${server} }
    }`
  return ['-c', folder.write('nginx.conf', config), '-e', log]
}

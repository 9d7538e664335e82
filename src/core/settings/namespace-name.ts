/** Names of network namespaces: those of files in one folder, and nothing that leads elsewhere. ip-netns(8) */
export const NAMESPACE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/

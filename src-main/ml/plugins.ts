/** Plug-ins of one folder by their id; a new file is a new capability, with no list to keep. */
export function collect<P extends { id: string }>(modules: Record<string, { default?: P }>): Map<string, P> {
  const plugins = Object.values(modules).flatMap((module) => (module.default ? [module.default] : []))
  return new Map(plugins.sort((a, b) => a.id.localeCompare(b.id)).map((plugin) => [plugin.id, plugin]))
}

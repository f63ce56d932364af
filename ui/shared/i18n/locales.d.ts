declare module "virtual:locales/console" {
  const loaders: Record<string, () => Promise<{ default: object }>>;
  export default loaders;
}
declare module "virtual:locales/driver" {
  const loaders: Record<string, () => Promise<{ default: object }>>;
  export default loaders;
}

import type { App, Apps } from './types.ts';

interface Route {
  readonly apps: App[];
  next: number;
}

/**
 * Who wants which requests; round robin among those that want the same. Unlike drachtio-server, an app that
 * routes a method twice (srf repeats all its routes whenever one is added) has no double weight, and
 * `remove_route` takes away only the route it names.
 */
export class AppRegistry implements Apps {
  readonly #routes = new Map<string, Route>();

  add(app: App, name: string): void {
    const route = this.#routes.get(name) ?? { apps: [], next: 0 };
    if (!route.apps.includes(app)) route.apps.push(app);
    this.#routes.set(name, route);
  }

  remove(app: App, name: string): void {
    const route = this.#routes.get(name);
    const index = route?.apps.indexOf(app) ?? -1;
    if (!route || index < 0) return;
    route.apps.splice(index, 1);
    if (index < route.next) route.next--;
    if (route.apps.length === 0) this.#routes.delete(name);
  }

  removeAll(app: App): void {
    for (const name of [...this.#routes.keys()]) this.remove(app, name);
  }

  pick(name: string): App | undefined {
    const route = this.#routes.get(name);
    if (!route) return undefined;
    const app = route.apps[route.next % route.apps.length];
    route.next = (route.next + 1) % route.apps.length;
    return app;
  }

  has(name: string): boolean {
    return this.#routes.has(name);
  }
}

// What examples/npm uses of Bun and of Deno. Their own declarations declare all globals again, and so does Node's.

declare const Bun: {
  serve(options: {
    hostname: string;
    port: number | string;
    fetch(request: Request): Response | Promise<Response>;
  }): { readonly port: number };
};

declare const Deno: {
  readonly env: { get(name: string): string | undefined };
  serve(
    options: { hostname: string; port: number; onListen(address: { port: number }): void },
    handler: (request: Request) => Response | Promise<Response>,
  ): unknown;
};

/** What a process says of itself at `/health/ready`. */
export async function healthOf(address: string) {
  const response = await fetch(new URL('/health/ready', address));
  const body = (await response.json()) as {
    readonly status: string;
    readonly dependencies: Readonly<Record<string, { readonly status: string; readonly why?: string }>>;
  };
  const why = Object.values(body.dependencies).flatMap(({ why = [] }) => why);
  return { status: response.status, body, why };
}

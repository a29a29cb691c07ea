import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as batch from 'kubernetes-models/batch/v1';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import type { Manifest } from './helm.ts';

interface Kind {
  readonly prototype: { validate(): void };
}

const groups: Readonly<Record<string, object>> = {
  v1: core,
  'apps/v1': apps,
  'autoscaling/v2': autoscaling,
  'batch/v1': batch,
  'networking.k8s.io/v1': networking,
  'policy/v1': policy,
};

/**
 * What is wrong with a manifest by Kubernetes' own OpenAPI schemas: what is missing or of another type, and, since those
 * schemas let pass what they do not know, every field that they do not look at.
 */
export function faultsOf(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest;
  const found = Object.entries(groups[apiVersion] ?? {}).find(([name]) => name === kind)?.[1];
  if (typeof found !== 'function') return [`there is no ${kind} in ${apiVersion}`];
  const looked = new Set<string>();
  try {
    Reflect.apply((found as unknown as Kind).prototype.validate, watched(manifest, '', looked), []);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return unlooked(manifest, '', looked).map((path) => `${path} is unknown`);
}

/** Notes the path of every property that somebody reads. */
function watched<Value>(value: Value, path: string, looked: Set<string>): Value {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key, receiver) {
      const property = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol') return property;
      looked.add(`${path}/${key}`);
      return watched(property, `${path}/${key}`, looked);
    },
  });
}

function unlooked(value: unknown, path: string, looked: ReadonlySet<string>): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, property]) => {
    const place = `${path}/${key}`;
    return looked.has(place) ? unlooked(property, place, looked) : [place];
  });
}

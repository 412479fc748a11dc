import { isObject, type Json, type JsonObject } from '../engine/json.js';
import { follow, nameOf } from '../engine/view.js';

/** Reads a plain path of a record the way rules do: without regard to letter case where the exact name is absent. */
export const reader = (path: string): ((record: JsonObject) => Json | undefined) => {
  const names = path.split('.').map(nameOf);
  return (record) => follow(record, names, false);
};

export const textReader = (path: string): ((record: JsonObject) => string) => {
  const read = reader(path);
  return (record) => {
    const value = read(record);
    return typeof value === 'string' ? value : '';
  };
};

export const hasObject = (path: string): ((record: JsonObject) => boolean) => {
  const read = reader(path);
  return (record) => isObject(read(record));
};

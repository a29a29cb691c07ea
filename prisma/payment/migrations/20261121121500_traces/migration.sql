-- What is done for a payment after the request that made it belongs to the same trace.
ALTER TABLE payment ADD COLUMN traceparent text;

-- Records of several outbreaks in one list: each remembers whose it is. Where there is only one, nobody needs to.

ALTER TABLE records ADD COLUMN outbreak TEXT;
CREATE INDEX records_outbreak ON records (outbreak, kind) WHERE outbreak IS NOT NULL;

/* other.c - what sample.c takes from elsewhere, for tests/oracle/run.sh. */
unsigned long other_hash(const char *text);

static inline unsigned long
mix(unsigned long hash, unsigned char c)
{
    return hash * 33 + c;
}

unsigned long
other_hash(const char *text)
{
    unsigned long hash = 5381;

    while (*text != '\0')
        hash = mix(hash, (unsigned char)*text++);
    return hash;
}

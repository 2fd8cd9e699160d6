# schema.pl SCHEMA FILE... - check documents against a JSON schema, as far as
# doc/report.schema.json needs it. A file may hold several documents. Prints
# one line for each fault; exit status 1 if there is one.
use strict;
use warnings;
use JSON::PP;

my $schema_file = shift @ARGV;
my $root;
my @faults;

sub slurp {
    my ($name) = @_;
    open(my $in, '<:raw', $name) or die "$name: $!\n";
    local $/;
    return scalar <$in>;
}

sub is_number {
    my ($value) = @_;
    return !ref($value) && defined($value) && JSON::PP->new->allow_nonref
        ->encode($value) =~ /^-?\d+$/;
}

sub has_type {
    my ($value, $type) = @_;
    return ref($value) eq 'HASH' if $type eq 'object';
    return ref($value) eq 'ARRAY' if $type eq 'array';
    return JSON::PP::is_bool($value) if $type eq 'boolean';
    return is_number($value) if $type eq 'integer';
    return defined($value) && !ref($value) && !is_number($value)
        if $type eq 'string';
    die "schema: type $type is not known here\n";
}

sub check {
    my ($value, $schema, $where, $out) = @_;
    my %known = map { $_ => 1 } qw($schema $defs $ref title description oneOf
        type enum pattern minimum required additionalProperties properties
        items);
    for my $word (keys %$schema) {
        die "schema: $word is not known here\n" if !$known{$word};
    }
    if (my $ref = $schema->{'$ref'}) {
        my $target = $root;
        $target = $target->{$_} for grep { $_ ne '#' } split m{/}, $ref;
        die "schema: $ref leads nowhere\n" if !$target;
        check($value, $target, $where, $out);
    }
    if ($schema->{oneOf}) {
        my @all = map { my @found; check($value, $_, $where, \@found);
            \@found } @{$schema->{oneOf}};
        if (1 != grep { !@$_ } @all) {
            my ($best) = sort { @$a <=> @$b } @all;
            push @$out, "$where: fits no form, or more than one", @$best;
        }
    }
    if ($schema->{type} && !has_type($value, $schema->{type})) {
        push @$out, "$where: is no $schema->{type}";
        return;
    }
    if ($schema->{enum} && !grep { $_ eq $value } @{$schema->{enum}}) {
        push @$out, "$where: $value is none of @{$schema->{enum}}";
    }
    if ($schema->{pattern} && $value !~ /$schema->{pattern}/) {
        push @$out, "$where: $value does not match $schema->{pattern}";
    }
    if (defined $schema->{minimum} && $value < $schema->{minimum}) {
        push @$out, "$where: $value is under $schema->{minimum}";
    }
    if (ref($value) eq 'HASH') {
        for my $key (@{$schema->{required} || []}) {
            push @$out, "$where: has no $key" if !exists $value->{$key};
        }
        for my $key (sort keys %$value) {
            my $member = $schema->{properties}{$key};
            my $more = $schema->{additionalProperties};
            if ($member) {
                check($value->{$key}, $member, "$where.$key", $out);
            } elsif (ref($more) eq 'HASH') {
                check($value->{$key}, $more, "$where.$key", $out);
            } elsif (defined $more && !$more) {
                push @$out, "$where: $key is not in the schema";
            }
        }
    }
    if (ref($value) eq 'ARRAY' && $schema->{items}) {
        for my $i (0 .. $#$value) {
            check($value->[$i], $schema->{items}, "$where\[$i\]", $out);
        }
    }
}

$root = JSON::PP->new->utf8->decode(slurp($schema_file));
for my $name (@ARGV) {
    my $parser = JSON::PP->new->utf8;
    my @documents = eval { $parser->incr_parse(slurp($name)) };
    push @faults, "$name: $@" if $@;
    push @faults, "$name: no document" if !$@ && !@documents;
    for my $i (0 .. $#documents) {
        check($documents[$i], $root, "$name: document $i", \@faults);
    }
}
print "$_\n" for @faults;
exit(@faults ? 1 : 0);
